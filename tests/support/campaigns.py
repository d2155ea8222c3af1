"""A company that collects numbers over the API: a campaign, people in it, each step of theirs as one call."""

from base64 import b64encode
from typing import Any, Final

from policies.actor import Role
from tests.support.api import Caller, Office
from tests.support.pictures import picture
from tests.support.world import GENSEN

NOTICE: Final = {
    "form": "DOCUMENT",
    "purposes": [GENSEN],
    "text": "個人番号は、源泉徴収票の作成に利用します。",
    "toldOn": "2026-11-20",
}
CARD: Final = {
    "document": "MY_NUMBER_CARD",
    "matches": ["NAME", "BIRTH_DATE"],
    "expiresOn": "2030-01-01",
    "original": True,
}
CARD_SEEN: Final = {
    "subject": "EMPLOYEE",
    "channel": "FACE_TO_FACE",
    "numberAgrees": True,
    "number": [CARD],
    "identity": [CARD],
}
"""The card alone, at the counter: it proves both."""


class Season:
    """A campaign for one purpose; the company's administrator, a handler, and a client that fills it."""

    def __init__(self, office: Office, administrator: Caller, handler: Caller, client: Caller) -> None:
        self.office = office
        self.administrator = administrator
        self.handler = handler
        self.client = client
        self.ids: dict[str, str] = {}

    campaign: str

    @classmethod
    async def begin(cls, office: Office) -> "Season":
        """A campaign, with nobody in it."""
        administrator = (await office.colleague("sato", Role.ADMINISTRATOR)).caller
        handler = (await office.colleague("tanaka", Role.HANDLER)).caller
        season = cls(office, administrator, handler, await office.client())
        season.campaign = await season.another()
        return season

    async def another(self) -> str:
        """A further campaign."""
        wanted = {"name": "2026年 年末調整", "purposes": [GENSEN], "deadline": "2027-01-31"}
        done = await self.administrator.do("createCampaign", **wanted)
        assert done["__typename"] == "CampaignChanged", done
        return str(done["campaign"]["campaignId"])

    async def add(self, *external_ids: str, channel: str = "DIRECT") -> None:
        """Ask employees."""
        channels = [channel] * len(external_ids)
        rows = {"externalIds": list(external_ids), "channels": channels}
        done = await self.client.do("addToCampaign", campaignId=self.campaign, **rows)
        assert (done["added"], done["rejections"]) == (len(external_ids), []), done
        self.ids |= dict(zip(external_ids, done["collectionIds"], strict=True))

    async def told(self, *external_ids: str) -> None:
        """Give them the purpose notice."""
        done = await self.handler.do("givePurposeNotice", externalIds=list(external_ids), notice=NOTICE)
        assert (done["persons"], done["rejections"]) == (len(external_ids), []), done

    async def review(self, external_id: str, by: Caller | None = None) -> Any:
        """One collection with all that belongs to it."""
        return await (by or self.handler).get("collection", collectionId=self.ids[external_id])

    async def state(self, external_id: str) -> str:
        return str((await self.review(external_id))["collection"]["state"])

    async def revision(self, external_id: str) -> int:
        return int((await self.review(external_id))["collection"]["revision"])

    async def step(self, name: str, *external_ids: str, by: Caller | None = None, **further: Any) -> Any:
        """A step that many take."""
        ids = [self.ids[each] for each in external_ids]
        return await (by or self.handler).do(name, collectionIds=ids, **further)

    async def order(self, *external_ids: str, kind: str = "KIT", cost: int = 800, **further: Any) -> Any:
        """Instruct that something is sent."""
        sent = {"campaignId": self.campaign, "kind": kind, "costYen": cost, **further}
        return await self.step("orderDispatches", *external_ids, by=self.administrator, **sent)

    async def submit(self, external_id: str, number: str) -> Any:
        """Type a number in that is read from the papers."""
        done = await self.handler.do("submitNumber", collectionId=self.ids[external_id], number=number)
        assert done["__typename"] == "CollectionNumberSubmitted", done
        return done

    async def photograph(self, external_id: str, side: str = "front") -> Any:
        """Submit an image of the card."""
        image = b64encode(picture(place=b"35.6586 N, 139.7454 E")).decode()
        sent = {"document": "MY_NUMBER_CARD", "side": side, "image": image}
        done = await self.handler.do("submitImage", collectionId=self.ids[external_id], **sent)
        assert done["__typename"] == "CollectionImageSubmitted", done
        (item,) = done["items"]
        return item

    async def verify(self, external_id: str, case: dict[str, Any] | None = None) -> Any:
        """Have the rules decide what the handler saw."""
        sent = {"revision": await self.revision(external_id), "case": case or CARD_SEEN}
        return await self.handler.do("verifyCollection", collectionId=self.ids[external_id], **sent)

    async def registered(self, external_id: str, number: str) -> str:
        """From nothing to a token."""
        await self.add(external_id)
        await self.told(external_id)
        await self.submit(external_id, number)
        assert (await self.verify(external_id))["state"] == "VERIFIED"
        (token,) = (await self.step("registerCollections", external_id))["tokens"]
        return str(token)

    async def board(self) -> dict[str, int]:
        """How many stand where; those nobody is in left out."""
        board = await self.administrator.get("campaign", campaignId=self.campaign)
        return {each["state"]: each["count"] for each in board["states"] if each["count"]}
