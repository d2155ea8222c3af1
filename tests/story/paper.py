"""What goes out on paper, and what comes back: real PDFs, drawn, turned, blurred and read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from PIL import Image

from tests.support import cast
from tests.support.cast import CHIBA, GOTO, HAYASHI, asked_by
from tests.support.kits import FORM_PAGE, as_scan, blurred, rotated
from tests.support.print_room import Printed, copy_of, filled_in
from tests.support.story import Story
from warifu import CollectionState, DispatchKind, NumberSubmitted, ScanOutcome, VerificationCase, Warifu

EXPIRED: Final = "有効期限 令和8年1月31日"
VALID: Final = "有効期限 令和11年12月31日"


def letters_with_a_link_are_printed(story: Story) -> Printed:
    return story.printed(story.employer.administrator(), DispatchKind.LINK_QR, cast.QR_YEN, asked_by("QR"))


def kits_are_printed(story: Story) -> Printed:
    kits = story.printed(story.employer.administrator(), DispatchKind.KIT, cast.KIT_YEN, asked_by("郵送"))
    assert (kits.papers, list(kits.files)) == (len(asked_by("郵送")), ["kits-0001.pdf", "manifest.csv"])
    return kits


def a_kit_comes_back_with_an_expired_licence(story: Story, kits: Printed) -> None:
    story.installation.goes_by(days=4)
    tanaka = story.employer.handler()
    comes_back(story, tanaka, kits, EXPIRED)
    shown = story.shown(tanaka, CHIBA)
    case = replace(cast.BY_POST, identity=[cast.EXPIRED_LICENCE])
    refused = tanaka.verify_collection(shown.collection_id, case, shown.revision)
    assert refused.state is CollectionState.ARRIVED
    told = [(each.finding, each.document) for each in refused.verification.faults]
    assert told[0] == ("EXPIRED", "DRIVING_LICENCE")
    assert all("条" in each.basis and each.words.ja for each in refused.verification.faults)
    reasons = [each.code for each in refused.deficiencies]
    assert "EXPIRED" in reasons
    tanaka.record_deficiencies([shown.collection_id], reasons)
    board = story.employer.administrator().campaign(story.employer.campaign)
    assert board is not None
    (deficient,) = [each for each in board.states if each.state is CollectionState.DEFICIENT]
    assert (deficient.name.ja, deficient.count) == ("不備", 1)


def nothing_goes_out_by_itself(story: Story) -> None:
    tanaka = story.employer.handler()
    before = story.employer.review(tanaka, CHIBA.external_id).dispatches
    mails, printed = len(story.installation.postbox.taken), printings(story)
    story.installation.goes_by(days=2)
    tanaka = story.employer.handler()
    review = story.employer.review(tanaka, CHIBA.external_id)
    assert (review.collection.state, review.dispatches) == (CollectionState.DEFICIENT, before)
    assert (len(story.installation.postbox.taken), printings(story)) == (mails, printed)


def a_second_kit_goes_out_on_instruction_and_comes_back(story: Story) -> None:
    sato = story.employer.administrator()
    second = story.printed(sato, DispatchKind.KIT, cast.KIT_YEN, [CHIBA.external_id])
    assert story.shown(sato, CHIBA).state is CollectionState.DISTRIBUTED
    story.installation.goes_by(days=4)
    tanaka = story.employer.handler()
    comes_back(story, tanaka, second, VALID)
    verified_by_post(story, tanaka, cast.BY_POST)


def those_who_have_not_answered_get_postcards(story: Story) -> Printed:
    story.installation.goes_by(days=4)
    sato = story.employer.administrator()
    silent = [
        each.person.external_id
        for each in sato.collections(story.employer.campaign, state=CollectionState.DISTRIBUTED)
    ]
    assert {GOTO.external_id, HAYASHI.external_id} < set(silent)
    assert CHIBA.external_id not in silent
    cards = story.printed(sato, DispatchKind.POSTCARD, cast.POSTCARD_YEN, silent)
    assert cards.papers == len(silent)
    return cards


def comes_back(story: Story, tanaka: Warifu, kit: Printed, until: str) -> None:
    """An envelope comes back and is scanned as it lies there; the handler types the number in from the form."""
    form = story.room.for_whom(tanaka, kit, CHIBA.external_id)[FORM_PAGE]
    number = story.number(CHIBA)
    report = tanaka.scan_kits(as_scan(envelope(form, number, until)))
    assert [page.outcome for page in report.pages] == [ScanOutcome.KEPT] * 3
    assert report.arrived == (story.employer.ids[CHIBA.external_id],)
    typed = tanaka.submit_number(report.arrived[0], number)
    assert isinstance(typed, NumberSubmitted)
    assert typed.state is CollectionState.ARRIVED


def envelope(form: Image.Image, number: str, until: str) -> Sequence[Image.Image]:
    """The form, turned and out of focus; copies of the residence record and of the licence."""
    grouped = " ".join((number[:4], number[4:8], number[8:]))
    return (
        blurred(rotated(filled_in(form, number), 3), 1.2),
        copy_of("住民票の写し", CHIBA.name, f"個人番号 {grouped}"),
        copy_of("運転免許証", CHIBA.name, until),
    )


def verified_by_post(story: Story, tanaka: Warifu, case: VerificationCase) -> None:
    shown = story.shown(tanaka, CHIBA)
    done = tanaka.verify_collection(shown.collection_id, case, shown.revision)
    assert (done.state, done.verification.faults) == (CollectionState.VERIFIED, ())
    registered = tanaka.register_collections([shown.collection_id])
    (story.tokens[CHIBA.external_id],) = registered.tokens
    assert story.submitted_rows(CHIBA) == 0


def printings(story: Story) -> list[str]:
    """What lies in the server's directory of printed files."""
    place = story.installation.settings().data / "prints"
    return sorted(str(path.relative_to(place)) for path in place.rglob("*"))
