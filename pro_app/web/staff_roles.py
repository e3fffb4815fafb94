"""Which roles may do what, in one place: the guards of the clinic's routes and its templates read it."""

from pro_app.records.staff import Staff

SITE_STAFF = ("nurse", "site_coordinator", "investigator")
# Everybody but the administrator, who runs the server and sees no patient data.
READERS = (*SITE_STAFF, "study_coordinator", "monitor")
WRITERS = (*SITE_STAFF, "study_coordinator")
# The privacy notice promises that only the own hospital knows name and telephone.
IDENTITY = SITE_STAFF
ARM = ("site_coordinator", "investigator", "study_coordinator")
# A nurse sees that something is wrong; that an answer is changed is for who answers for the data.
CORRECTORS = ("site_coordinator", "study_coordinator")
# The investigator answers for the data of the site, and signs for it; nobody else's name will do.
SIGNERS = ("investigator",)
# Name and contact are deleted early by who answers for the data at the own hospital.
DELETERS = ("site_coordinator",)
# Data are locked by who manages them for the whole study.
LOCKERS = ("study_coordinator",)
# Who may bring in new people; a study coordinator only who works with participants.
INVITERS = ("study_coordinator", "administrator")
EVERYBODY = (*READERS, "administrator")


def may_see_arm(account: Staff) -> bool:
    return account.role in ARM
