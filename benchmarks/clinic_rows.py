"""A study of 50 sites and many participants with their past, written by the database itself (PostgreSQL)."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import text

from pro_app.records.store import Store
from pro_app.schedule.elements import Study

SITES = 50
# Operated one after another over 1,200 days, some of them still to come; of ten visits one stays empty.
_PEOPLE = """
INSERT INTO participant (uuid, study_number, site, arm, language, handle, link_epoch, code_epoch, code_hash,
  identity_sealed, status, status_since, enrolled_on, surgery_state, surgery_planned_on, surgery_done_on,
  surgery_on, privacy_version, privacy_answer, privacy_at, row_version, created_at)
SELECT 'b-' || i, 'S' || lpad((i % :sites)::text, 2, '0') || '-' || lpad((i / :sites)::text, 5, '0'),
  'S' || lpad((i % :sites)::text, 2, '0'), CASE WHEN i % 2 = 0 THEN 'en-bloc' ELSE 'separation' END,
  CASE WHEN i % 3 = 0 THEN 'en' ELSE 'zh-Hans' END, 'b-' || i, 0, 0, 'b-' || i, repeat('A', 220),
  CASE WHEN i % 20 = 7 THEN 'withdrawn' WHEN i % 33 = 5 THEN 'paused' ELSE 'active' END,
  CAST(:now AS timestamptz) - interval '1 day' * (i % 300), day - 9,
  CASE WHEN day < CAST(:today AS date) THEN 'done' ELSE 'planned' END, day,
  CASE WHEN day < CAST(:today AS date) THEN day END, day, '1', true, :now, 1, :now
FROM (SELECT i, CAST(:today AS date) + 30 - (hashtext('day' || i) & 1048575) % 1200 AS day
      FROM generate_series(0, :people - 1) AS i) AS rows
"""
_RESPONSES = """
INSERT INTO response (uuid, participant_id, timepoint, instrument, version, language, pack, mode, helper,
  standing, revision, started_at, finished_at, received_at, opened_at, window_due, window_opens,
  window_closes, answers, content_hash)
SELECT 'b-' || p.id || '-' || visit.name || '-' || form.name, p.id, visit.name, form.name, '1', p.language,
  'pack', 'own_phone', 'alone', 'current', 1, due + interval '10 hours', due + interval '10 hours',
  due + interval '10 hours', due + interval '9 hours', due, due - visit.before, due + visit.after, '{}',
  'hash'
FROM participant p
CROSS JOIN (VALUES ('baseline', interval '-1 day', 7, 0), ('2w', interval '14 days', 3, 3),
  ('1m', interval '1 month', 7, 7), ('3m', interval '3 months', 14, 14), ('6m', interval '6 months', 14, 14),
  ('12m', interval '12 months', 30, 30)) AS visit(name, after_surgery, before, after)
CROSS JOIN (VALUES ('bpi-sf'), ('qlq-c30')) AS form(name)
CROSS JOIN LATERAL (SELECT (p.surgery_on + visit.after_surgery)::date AS due) AS dated
WHERE due < CAST(:today AS date) AND (hashtext(p.id || visit.name) & 1023) % 10 <> 0
"""
_REASONS = """
INSERT INTO missing_reason (participant_id, timepoint, instrument, reason, recorded_by, recorded_at)
SELECT p.id, '3m', form, 'forgot', 'li', :now
FROM participant p CROSS JOIN (VALUES ('bpi-sf'), ('qlq-c30')) AS f(form)
WHERE (hashtext(p.id || '3m') & 1023) % 10 = 0 AND p.id % 3 = 0
"""
_SCORES = """
INSERT INTO score (response_id, algorithm, scale, value, used, missing, answers_hash)
SELECT id, 'bpi-sf/1', 'WORST', id % 11, 'bpi3', '', 'hash' FROM response
WHERE instrument = 'bpi-sf' AND participant_id % 10 = 3
"""
_ALERTS = """
INSERT INTO alert (participant_id, site, timepoint, response_id, rule, scale, value, compared, state,
  raised_at)
SELECT p.id, p.site, r.timepoint, r.id, 'worst-pain', 'WORST', 8, 7,
  CASE WHEN r.received_at > CAST(:now AS timestamptz) - interval '20 days' THEN 'open'
    ELSE 'acknowledged' END, r.received_at
FROM response r JOIN participant p ON p.id = r.participant_id
WHERE r.instrument = 'bpi-sf' AND r.id % 7 = 0
"""
_DELIVERIES = """
INSERT INTO delivery (participant_id, timepoint, opens_on, step, channel, audience, state, reference,
  decided_at, next_at, attempts, sent_at, resolved_at)
SELECT participant_id, timepoint, window_opens, 'opens', 'sms', 'patient', 'delivered', uuid, received_at,
  received_at, 1, received_at, received_at FROM response WHERE instrument = 'bpi-sf'
"""
_CALLS = """
INSERT INTO delivery (participant_id, timepoint, opens_on, step, channel, audience, state, reference,
  decided_at, next_at, attempts)
SELECT id, '12m', surgery_on + 335, 'call-list', 'call', 'call_list', 'due', 'call-' || id, :now, :now, 0
FROM participant WHERE surgery_on BETWEEN CAST(:today AS date) - 396 AND CAST(:today AS date) - 390
"""
_AUDIT = """
INSERT INTO audit (chain, number, at, actor_kind, actor, action, subject, detail, previous_hash, hash)
SELECT p.site, row_number() OVER (PARTITION BY p.site ORDER BY r.id), received_at, 'patient', 'b',
  'response_received', p.study_number,
  '{"timepoint": "2w", "instrument": "bpi-sf"}', 'x', 'x'
FROM response r JOIN participant p ON p.id = r.participant_id WHERE r.instrument = 'bpi-sf'
"""

_HEADS = """
INSERT INTO audit_chain (chain, length, head_hash) SELECT chain, count(*), 'x' FROM audit GROUP BY chain
"""


def fifty_sites(study: Study) -> Study:
    """The same study at `SITES` hospitals."""
    first = study.sites[0]
    return replace(study, sites=tuple(replace(first, code=f"S{number:02}") for number in range(SITES)))


def fill(store: Store, people: int, now: datetime) -> dict[str, int]:
    """Write `people` participants with responses, reasons, alerts, deliveries and history; returns counts."""
    names = {"sites": SITES, "people": people, "today": now.date(), "now": now}
    with store.writing() as tx:
        tx.conn.execute(text("SET LOCAL session_replication_role = replica"))
        tx.conn.execute(text("SET LOCAL synchronous_commit = off"))
        counts = {
            what: tx.conn.execute(text(statement), names).rowcount
            for what, statement in (
                ("participants", _PEOPLE),
                ("responses", _RESPONSES),
                ("scores", _SCORES),
                ("reasons", _REASONS),
                ("alerts", _ALERTS),
                ("deliveries", _DELIVERIES),
                ("calls", _CALLS),
                ("history", _AUDIT),
                ("chains", _HEADS),
            )
        }
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        # What was just filled is written to the disk now, not while pages are timed.
        connection.execute(text("CHECKPOINT"))
    return counts
