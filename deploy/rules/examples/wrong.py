# ruff: noqa
"""What deploy/rules/python.yaml looks for.

Each `ruleid` names the rule that must fire on the next line; nothing here runs.
"""

# ruleid: sql-made-of-text
conn.execute(f"SELECT * FROM staff WHERE login = '{login}'")
# ruleid: sql-made-of-text
conn.execute("SELECT * FROM staff WHERE login = '%s'" % login)
# ruleid: sql-made-of-text
conn.execute(text("DELETE FROM staff WHERE login = " + login))
# ok: sql-made-of-text
conn.execute(text("SELECT 1"))
# ruleid: markup-of-a-variable
Markup(note)
# ok: markup-of-a-variable
Markup('<a href="{}">{}</a>').format(address, words)
# ruleid: a-clock-of-its-own
moment = datetime.now(UTC)
# ruleid: a-clock-of-its-own
today = date.today()
# ruleid: runs-what-it-reads
eval(request.form["formula"])
# ruleid: runs-what-it-reads
pickle.loads(body)
# ruleid: runs-what-it-reads
yaml.load(file)
# ok: runs-what-it-reads
yaml.safe_load(file)
# ruleid: runs-what-it-reads
subprocess.run(command, shell=True)
# ruleid: logs-what-is-personal
log.info("sent to %s", person.phone)
# ruleid: logs-what-is-personal
log.warning(f"wrong password {password}")
# ok: logs-what-is-personal
log.info("sent by %s", provider.name)
# ruleid: waits-for-ever-or-follows
httpx.post(address, json=body)
# ruleid: waits-for-ever-or-follows
client = httpx.Client(timeout=5, follow_redirects=True)
# ruleid: waits-for-ever-or-follows
client = httpx.Client(timeout=5, verify=False)
# ok: waits-for-ever-or-follows
client = httpx.Client(timeout=5)
# ruleid: compares-a-secret-by-letters
good = sent.token == wanted
# ruleid: compares-a-secret-by-letters
good = signature == hashed(body)
# ok: compares-a-secret-by-letters
good = hmac.compare_digest(signature, hashed(body))
# ruleid: sets-a-cookie
response.set_cookie("seen", "1")
# ruleid: chance-that-can-be-guessed
code = random.choice(LETTERS)
# ok: chance-that-can-be-guessed
code = secrets.choice(LETTERS)
# ruleid: goes-where-a-request-says
redirect(request.args.get("next"))
# ruleid: goes-where-a-request-says
link = url_for("entry.landing", token=token, _external=True)
# ruleid: a-door-without-its-form-secret
csrf.exempt(blueprint)
# ruleid: a-debugger-for-everybody
app.run(debug=True)
