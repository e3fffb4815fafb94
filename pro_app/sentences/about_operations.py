"""What running the program for years says: backups, restores, changes of keys, the clock that stopped."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "held_restored_gap": N_(
        "Waiting for a person: it may have been sent already, before the database was restored from a backup."
    ),
    "backup_no_key": N_(
        "Set PRO_APP_BACKUP_KEY to the hospital's public key; `pro-app keys backup-pair FILE` makes one "
        "with its secret half."
    ),
    "backup_bad_key": N_("This is not a key for backups; such a key begins with %(kind)s."),
    "backup_not_one": N_("This file is not a backup of this program."),
    "backup_other_key": N_(
        "This backup was closed for the key %(wanted)s, and the secret key given is of %(given)s."
    ),
    "backup_damaged": N_(
        "This backup was changed, or its end is missing. Nothing was touched; take another one."
    ),
    "backup_newer": N_(
        "This backup has tables of a later release (%(revision)s; here is %(known)s). "
        "Install that release first."
    ),
    "backup_unloadable": N_(
        "The database has no %(what)s; run `pro-app migrate up`, or take another backup."
    ),
    "backup_unsound": N_("This backup is not whole; nothing was touched:\n%(faults)s"),
    "backup_no_keys": N_(
        "This backup was made without keys. Put the installation's key file in its place first "
        "(PRO_APP_KEY_FILE)."
    ),
    "restore_in_use": N_(
        "Another program has the database open. Stop all programs of this installation, then restore."
    ),
    "restore_not_empty": N_(
        "There are data in this database already. Name an empty one, or say --replace; the former one is "
        "then kept."
    ),
    "restore_other_secret": N_(
        "%(where)s is another installation's: with it no link, code or look-up of this backup would work. "
        "Take it away; the backup brings its own."
    ),
    "keys_changing": N_("Another program is changing the keys just now. Wait until it is done."),
}
