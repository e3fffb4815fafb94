"""The words of an urgent notice: Chinese and English in one letter, for nobody knows who will read it.

It says what happened and how often, no account and no participant: the trail, behind a sign-in, says whose.
"""

from pro_app.letters.to_staff import Words

TRAIL = "/staff/trail?what="
# Signal to the action whose rows the link shows, and the sentence in Chinese and in English.
SIGNALS: dict[str, tuple[str, str, str]] = {
    "sign_ins": (
        "sign_in_failed",
        "一小时内，同一账号登录或验证失败 {count} 次。",
        "Within an hour, {count} sign-ins or codes of one account were wrong.",
    ),
    "strangers": (
        "sign_in_failed",
        "一小时内，有人用不存在的登录名尝试登录 {count} 次。",
        "Within an hour, somebody tried to sign in {count} times with logins that do not exist.",
    ),
    "pins": (
        "staff_pin_wrong",
        "一小时内，同一人员的平板 PIN 码输错 {count} 次，平板已要求输入密码。",
        "Within an hour, {count} wrong PINs of one person were typed on tablets, "
        "which now ask for the password.",
    ),
    "refusals": (
        "access_refused_often",
        "有已登录的账号多次尝试打开无权访问的页面或记录。",
        "An account that is signed in tried many times to open pages or records that are not its own.",
    ),
    "tablet": (
        "tablet_key_unknown",
        "有人使用了系统不认识的平板密钥，可能是旧密钥的副本。如果刚刚从备份恢复过数据，也会如此。",
        "A tablet key was used that the program does not know. It may be a copy of an old one; "
        "after a restore from a backup it may be a tablet of your own.",
    ),
    "trail": (
        "trail_broken",
        "每日检查发现稽查轨迹有 {count} 处与写入时不同。请先查明原因，再重启或恢复；"
        "运行 pro-app audit verify 可查看位置。",
        "The daily check found {count} places of the audit trail that are not as they were written. "
        "Please look before anything is restarted or restored; `pro-app audit verify` names the places.",
    ),
}
_TEXT = (
    "{chinese}\n\n研究：{study}。请登录后在稽查轨迹中查看是谁、从哪里：\n\n{link}\n\n"
    "同类通知每小时最多一封。为保护隐私，邮件中不写账号，也不写患者信息。\n\n"
    "—\n\n{english}\n\nThe study is {study}. Who it was and from where stands on the audit trail, "
    "after signing in, at the address above.\n\nOf one kind at most one letter comes in an hour. "
    "For the sake of privacy it names no account and no patient.\n"
)


def write(signal: str, count: int, study: str, base_url: str) -> Words:
    action, chinese, english = SIGNALS[signal]
    fill = {"chinese": chinese.format(count=count), "english": english.format(count=count)}
    text = _TEXT.format(**fill, study=study, link=f"{base_url}{TRAIL}{action}")
    return Words("紧急安全通知 · Urgent security notice: PRO follow-up", text)
