"""The vocabularies of the desk, as the lower layers define them."""

import strawberry

from custody.desk.inquiry import InquiryState, Speaker

strawberry.enum(
    InquiryState,
    name="InquiryState",
    description="Whether an inquiry waits for the company, was answered, or is closed until the person asks again.",
)
strawberry.enum(
    Speaker, name="InquirySpeaker", description="Who writes in an inquiry: the person, or the company."
)

__all__ = ["InquiryState", "Speaker"]
