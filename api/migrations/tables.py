"""Every table of the house, imported so that the shared metadata knows them all."""

from sqlmodel import SQLModel

from custody import account, clients, enrolment, people, replay, session, tenants, uses
from policies import quotas, step_up
from tokenizer.storage import rows

METADATA = SQLModel.metadata
"""The tables as the code wants them; a test compares them with what the migrations make."""

OWNERS = (account, clients, enrolment, people, quotas, replay, rows, session, step_up, tenants, uses)
