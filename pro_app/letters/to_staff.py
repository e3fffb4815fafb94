"""The words of mail to staff, in the language of the account. No patient is named, not even by number."""

from dataclasses import dataclass

from pro_app.records.staff_letters import StaffLetter

HOURS = 72
TICKET_PATH = "/staff/link/"
ALERTS_PATH = "/staff/alerts"


@dataclass(frozen=True, slots=True)
class Words:
    """One letter. In `text`, `{link}` stands on a line of its own."""

    subject: str
    text: str


_ENGLISH = {
    "invitation": Words(
        "Your account for PRO follow-up",
        "Hello,\n\nan account for the staff pages of {study} has been made for you. "
        "Your login is {login}.\n\n"
        "Please choose your password here. The link works once, within {hours} hours:\n\n{link}\n\n"
        "If you did not expect this letter, do nothing: without a password nobody can use the account.\n",
    ),
    "new_password": Words(
        "A new password for PRO follow-up",
        "Hello,\n\nsomebody asked for a new password for your account {login} on the staff "
        "pages of {study}.\n\n"
        "You can choose it here. The link works once, within {hours} hours:\n\n{link}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n",
    ),
    "alert": Words(
        "PRO follow-up: something new on the list of alerts",
        "Hello,\n\nthere is a new entry on your list of alerts in {study}. Please sign in and look at it:\n\n"
        "{link}\n\nFor the sake of privacy this letter says no more.\n",
    ),
    "escalation": Words(
        "PRO follow-up: an alert still waits for an answer",
        "Hello,\n\nan entry on the list of alerts in {study} has not been answered in time. "
        "Please sign in and look at it:\n\n{link}\n\nFor the sake of privacy this letter says no more.\n",
    ),
}
_CHINESE = {
    "invitation": Words(
        "您的随访系统账号",
        "您好：\n\n{study} 已为您开通工作人员页面的账号，登录名为 {login}。\n\n"
        "请点击下面的链接设置密码。链接只能使用一次，{hours} 小时内有效：\n\n{link}\n\n"
        "如果您没有预料到这封邮件，无需任何操作：没有密码，任何人都无法使用该账号。\n",
    ),
    "new_password": Words(
        "随访系统：重新设置密码",
        "您好：\n\n有人为您在 {study} 工作人员页面的账号 {login} 申请重新设置密码。\n\n"
        "请点击下面的链接设置。链接只能使用一次，{hours} 小时内有效：\n\n{link}\n\n"
        "如果不是您本人申请，无需任何操作：原密码保持不变。\n",
    ),
    "alert": Words(
        "随访系统：有新的警示",
        "您好：\n\n{study} 的警示列表中有一条新记录，请登录查看：\n\n"
        "{link}\n\n为保护隐私，邮件中不作更多说明。\n",
    ),
    "escalation": Words(
        "随访系统：有警示尚未处理",
        "您好：\n\n{study} 的警示列表中有一条记录未在规定时间内处理，请登录查看：\n\n"
        "{link}\n\n为保护隐私，邮件中不作更多说明。\n",
    ),
}


def write(letter: StaffLetter, login: str, study: str, base_url: str) -> Words:
    """Subject and text of `letter`; its body is a link's secret or a path, as `staff_letters.post` says."""
    words = (_CHINESE if letter.language.startswith("zh") else _ENGLISH)[letter.kind]
    if letter.kind in ("invitation", "new_password"):
        path = TICKET_PATH + letter.body
    else:
        path = letter.body if letter.body.startswith("/staff") else ALERTS_PATH
    fill = {"link": base_url + path, "login": login, "study": study, "hours": HOURS}
    return Words(words.subject, words.text.format(**fill))
