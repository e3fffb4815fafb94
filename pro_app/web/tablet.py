"""A clinic's tablet, the nurse's side: handing it over, the PIN, who is next, the list of tablets."""

from typing import cast

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from pro_app.actions import hand_over, pin
from pro_app.actions.hand_over import Keys, SecondIdentifierWrong, SignInAgain, TooManyAnswers
from pro_app.actions.today import today
from pro_app.actions.visit import Look, look
from pro_app.errors import NotFound, ProAppError
from pro_app.records import audit, tablets
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.records.tablets import Tablet
from pro_app.web import cookies, problems, tablet_gate, visit_page
from pro_app.web.clinic_page import account, actor, person_of, sites
from pro_app.web.clinic_words import TABLETS
from pro_app.web.current import address, now, service
from pro_app.web.guard import staff
from pro_app.web.guard import tablet as tablet_only
from pro_app.web.staff_roles import WRITERS

blueprint = Blueprint("tablet", __name__, url_prefix="/staff/tablet")


@blueprint.get("/<study_number>/<timepoint>")
@staff(*WRITERS)
def confirm(study_number: str, timepoint: str) -> str | AnyResponse:
    """Whose visit it is, and the question that the nurse asks the patient."""
    return _confirm_page(study_number, timepoint)


@blueprint.post("/<study_number>/<timepoint>")
@staff(*WRITERS)
def give(study_number: str, timepoint: str) -> AnyResponse | tuple[str, int]:
    """Hand the tablet over: the staff pages close, the one visit opens."""
    session_key = cookies.read_staff() or ""
    with service().store.writing() as tx:
        person, seen = _behind(tx, study_number, timepoint)
        fault = _fault(tx, person, seen)
        if fault is None:
            which = _tablet_of(tx, person, session_key)
            asked = hand_over.question_for(tx, person)
            key = hand_over.hand_over(tx, which, person, timepoint, asked, session_key, actor(), now())
            token = service().links.token(person.handle, timepoint, person.link_epoch)
            which = tablets.by_id(tx, which.id)
    if fault:
        return cast(str, _confirm_page(study_number, timepoint, fault)), problems.status_of(fault.code)
    response = cast(Response, redirect(url_for("patient.home"), 303))
    tablet_gate.enter_visit(response, key, which, token, person.language)
    return response


def _fault(tx: Transaction, person: Participant, seen: Look) -> ProAppError | None:
    """Why the tablet can't be handed over yet; a wrong answer has been counted."""
    if not pin.prepare(tx, account().id, "hand-over", now()).has_pin:
        return PinFirst()
    if visit_page.notice_of(seen) or seen.finished:
        return NothingToAnswer()
    try:
        fits = hand_over.identify(tx, account().id, person, request.form.get("answer", ""), now())
    except TooManyAnswers as many:
        return many
    return None if fits else SecondIdentifierWrong()


class PinFirst(ProAppError):
    """Without a PIN nobody could take the tablet back."""

    code = "pin_first"


class NothingToAnswer(ProAppError):
    """The visit is not open, or all of it was sent."""

    code = "nothing_to_answer"


def _behind(tx: Transaction, study_number: str, timepoint: str) -> tuple[Participant, Look]:
    person = person_of(tx, study_number)
    return person, look(tx, service().study, service().catalogue, person, timepoint, now())


def _tablet_of(tx: Transaction, person: Participant, session_key: str) -> Tablet:
    """This browser's tablet; a browser that is none yet becomes one."""
    key = cookies.read_tablet()
    which = hand_over.find(tx, key, lock=True) if key else None
    if which and which.state == "with_staff":
        return which
    label = request.form.get("label", "")
    return hand_over.register(tx, label, person.site, account(), session_key, actor(), now())


def _confirm_page(study_number: str, timepoint: str, fault: ProAppError | None = None) -> str | AnyResponse:
    with service().store.reading() as tx:
        person, seen = _behind(tx, study_number, timepoint)
        asked = hand_over.question_for(tx, person)
        has_pin = pin.prepare(tx, account().id, "hand-over", now()).has_pin
        which = g.get("tablet")
        number = tablets.count(tx, person.site) + 1
    notice = visit_page.notice_of(seen)
    return render_template(
        "tablet/confirm.html",
        person=person,
        seen=seen,
        notice=notice.words if notice else _("All forms of this visit are in.") if seen.finished else "",
        titles=[visit_page.words_for(part.instrument).title for part in seen.open_parts],
        asked=asked,
        has_pin=has_pin,
        known=which.label if which and which.state == "with_staff" else None,
        label=_("Tablet %(number)s", number=number),
        fault=problems.sentence(fault) if fault else "",
    )


@blueprint.get("")
@tablet_only
def locked() -> str | AnyResponse:
    """The page for the PIN; it shows nothing of any patient."""
    which: Tablet | None = g.tablet
    if which and which.state == "with_staff" and current_user.is_authenticated:
        return _to("tablet.next_one")
    return _lock_page(which)


@blueprint.post("")
@tablet_only
def unlock() -> AnyResponse | tuple[str, int]:
    """The PIN gives the staff pages back to the nurse who handed the tablet over."""
    which: Tablet | None = g.tablet
    if which is None:
        return _to("accounts.form")
    store = service().store
    with store.reading() as tx:
        attempt = pin.prepare(tx, which.staff_id, f"tablet {which.id}", now())
    fits = not attempt.wait_seconds and pin.pin_fits(store.keys, attempt, request.form.get("pin", ""))
    with store.writing() as tx:
        opened = _open(tx, attempt, fits)
    if opened is None:
        with store.reading() as tx:
            which = tablets.by_id(tx, which.id)
        return _lock_page(which, _("That is not the PIN. Please try again.")), 403
    return _into_staff(*opened)


def _open(tx: Transaction, attempt: pin.PinTry, fits: bool) -> tuple[Tablet, Keys] | None:
    which = hand_over.find(tx, cookies.read_tablet() or "", lock=True)
    if which is None or not hand_over.pin_opens(tx, which, now()):
        return None
    who = audit.Actor("staff", which.login, address())
    if pin.conclude(tx, attempt, fits, who, now()):
        try:
            return which, hand_over.unlock(tx, which, who, now())
        except SignInAgain:
            return None
    if pin.prepare(tx, which.staff_id, f"tablet {which.id}", now()).wait_seconds:
        hand_over.only_by_sign_in(tx, which)
    return None


@blueprint.post("/take")
@staff(*WRITERS, site_scoped=False)
def take() -> AnyResponse:
    """Whoever signed in with the password on a tablet that is not with the staff takes it."""
    key = cookies.read_staff() or ""
    with service().store.writing() as tx:
        which = hand_over.find(tx, cookies.read_tablet() or "", lock=True)
        if which is None or which.state == "revoked":
            return _to("clinic.today")
        fresh = hand_over.taken_by(tx, which, account(), key, actor(), now())
    return _into_staff(which, Keys(fresh, key))


def _into_staff(which: Tablet, keys: Keys) -> AnyResponse:
    response = cast(Response, _to("tablet.next_one"))
    tablet_gate.leave_visit(response, keys.tablet, which)
    cookies.set_tablet(response, keys.tablet, "staff")
    cookies.set_staff(response, keys.session)
    return response


def _lock_page(which: Tablet | None, fault: str = "") -> str:
    opens, mine = False, False
    if which:
        with service().store.reading() as tx:
            opens = hand_over.pin_opens(tx, which, now())
        # Signed in with the password: the PIN is of no use, one press is enough.
        mine = current_user.is_authenticated and which.state != "revoked"
    return render_template(
        "tablet/locked.html",
        state=which.state if which else "unknown",
        nurse=which.name if which and opens else "",
        opens=opens,
        mine=mine,
        fault=fault,
    )


@blueprint.get("/next")
@staff(*WRITERS)
def next_one() -> str:
    """Whose visit is open today, each with one button; large, for a finger."""
    with service().store.reading() as tx:
        found = today(tx, service().study, sites(), now())
    return render_template("tablet/next.html", lines=found.open_now)


@blueprint.get("/list")
@staff(*WRITERS)
def listing() -> str:
    """Every tablet of the sites that the reader sees."""
    with service().store.reading() as tx:
        found = tablets.of_sites(tx, sites())
    return render_template("tablet/list.html", tablets=found, states=TABLETS, this=g.get("tablet"))


@blueprint.post("/list/<int:tablet_id>/revoke")
@staff(*WRITERS)
def revoke(tablet_id: int) -> AnyResponse:
    """A lost tablet opens nothing from now on."""
    with service().store.writing() as tx:
        which = tablets.by_id(tx, tablet_id)
        if which.site not in sites():
            raise NotFound()
        hand_over.revoke(tx, which, actor(), now())
    flash(_("%(tablet)s is revoked. Its next request shows it nothing.", tablet=which.label), "good")
    return _to("tablet.listing")


@blueprint.errorhandler(Unauthorized)
def no_tablet(_fault: Unauthorized) -> AnyResponse:
    """A browser that is no tablet has no page for a PIN."""
    return _to("accounts.form")


def _to(endpoint: str) -> AnyResponse:
    return redirect(url_for(endpoint), 303)
