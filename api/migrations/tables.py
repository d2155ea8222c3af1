"""Every table of the house, imported so that the shared metadata knows them all."""

from sqlmodel import SQLModel

from custody import (
    account,
    clients,
    departure,
    document,
    enrolment,
    hold,
    people,
    replay,
    session,
    tenants,
    uses,
)
from custody.collection import campaign, collection, dispatch, notice, verification
from custody.collection import item_row as collection_item
from custody.contract import end
from custody.desk import appointment, inquiry, message, slot
from custody.disposal import item, policy, run
from custody.kits import kit, printout, sender
from custody.selfservice import link, visit
from policies import quotas, step_up
from tokenizer.storage import rows

METADATA = SQLModel.metadata
"""The tables as the code wants them; a test compares them with what the migrations make."""

OWNERS = (
    account,
    appointment,
    campaign,
    clients,
    collection,
    collection_item,
    departure,
    dispatch,
    document,
    end,
    enrolment,
    hold,
    inquiry,
    item,
    kit,
    message,
    link,
    notice,
    people,
    policy,
    printout,
    quotas,
    replay,
    rows,
    run,
    sender,
    session,
    slot,
    step_up,
    tenants,
    uses,
    verification,
    visit,
)
