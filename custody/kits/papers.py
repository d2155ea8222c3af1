"""What is printed for a household: a kit, a postcard, a letter; out of the campaign, the sender and the persons."""

from dataclasses import dataclass
from datetime import date

from custody.collection.campaign import Campaign
from custody.kits.facts import Kit, LinkLetter, Recipient, Reminder
from custody.kits.household import Household
from custody.kits.postal import postal_of
from custody.kits.sender import KitSender
from policies.catalogue_table import Bilingual
from policies.purposes import Catalogue


@dataclass(frozen=True, slots=True)
class Issue:
    """What all papers of an order have in common: the campaign, who sends, the letter's date, the last day."""

    campaign: Campaign
    sender: KitSender
    issued_on: date
    deadline: date


def kit_paper(catalogue: Catalogue, household: Household, code: str, issue: Issue) -> Kit | None:
    """The kit of a household; None if the recipient's address has no postal code at its start."""
    recipient, sender = household.recipient, issue.sender
    postal = postal_of(recipient.address)
    if postal is None:
        return None
    return Kit(
        code,
        sender.company,
        sender.return_to,
        sender.return_name,
        Recipient(recipient.name, recipient.kana, postal, recipient.born_on),
        household.printed_dependents(issue.campaign.purposes),
        purpose_names(catalogue, issue.campaign),
        issue.issued_on,
        issue.deadline,
        sender.contact,
        own=household.own is not None,
    )


def reminder_of(kit: Kit) -> Reminder:
    """The postcard that reminds of a kit."""
    return Reminder(
        kit.code, kit.company, kit.return_to, kit.recipient.name, kit.recipient.postal, kit.deadline
    )


def letter_of(kit: Kit, url: str) -> LinkLetter:
    """The letter that brings a link."""
    return LinkLetter(kit, url)


def purpose_names(catalogue: Catalogue, campaign: Campaign) -> tuple[Bilingual, ...]:
    """The names of a campaign's purposes."""
    found = (catalogue.get(code) for code in campaign.purposes)
    return tuple(each.name for each in found if each is not None)
