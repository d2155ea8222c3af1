"""The vocabulary of the audit log: what can be done, and how it can end."""

from enum import StrEnum


class Action(StrEnum):
    """What was done, as `vault:<noun>:<verb>`, hyphens joining words. A value is never reused or renamed."""

    NUMBER_REGISTER = "vault:number:register"
    NUMBER_CHANGE = "vault:number:change"
    NUMBER_RELEASE = "vault:number:release"
    NUMBER_REFUSE = "vault:number:refuse"
    TOKEN_ISSUE = "vault:token:issue"  # noqa: S105 - the word names an action, it is no secret
    TOKEN_REVOKE = "vault:token:revoke"  # noqa: S105 - the word names an action, it is no secret
    USE_PREPARE = "vault:use:prepare"
    USE_CONFIRM = "vault:use:confirm"
    USE_APPROVE = "vault:use:approve"
    CODE_REFUSE = "vault:code:refuse"
    ACCOUNT_CREATE = "vault:account:create"
    ACCOUNT_LOGIN = "vault:account:login"
    ACCOUNT_LOGIN_REFUSED = "vault:account:login-refused"
    ACCOUNT_REAUTHENTICATE = "vault:account:reauthenticate"
    ACCOUNT_DISABLE = "vault:account:disable"
    ACCOUNT_RECOVERY_USED = "vault:account:recovery-used"
    ACCOUNT_FACTOR_RESET = "vault:account:factor-reset"
    ACCOUNT_PASSWORD_CHANGE = "vault:account:password-change"  # noqa: S105 - the word names an action, it is no secret
    ACCOUNT_ROLE_CHANGE = "vault:account:role-change"
    CLIENT_CREATE = "vault:client:create"
    CLIENT_CHANGE = "vault:client:change"
    CLIENT_REVOKE = "vault:client:revoke"
    TENANT_CREATE = "vault:tenant:create"
    TENANT_POLICY_CHANGE = "vault:tenant:policy-change"
    NOTICE_GIVE = "vault:notice:give"
    ACCOUNT_LIST = "vault:account:list"
    CLIENT_LIST = "vault:client:list"
    PERSON_LIST = "vault:person:list"
    USE_LIST = "vault:use:list"
    RECORD_READ = "vault:record:read"
    PERSON_UPDATE = "vault:person:update"
    KEY_EPOCH_CREATE = "vault:key:epoch-create"
    DOCUMENT_RECORD = "vault:document:record"
    DOCUMENT_CORRECT = "vault:document:correct"
    DOCUMENT_WITHDRAW = "vault:document:withdraw"
    DOCUMENT_LIST = "vault:document:list"
    DEPARTURE_RECORD = "vault:departure:record"
    DEPARTURE_CANCEL = "vault:departure:cancel"
    HOLD_PLACE = "vault:hold:place"
    HOLD_LIFT = "vault:hold:lift"
    NUMBER_DISPOSE = "vault:number:dispose"
    DISPOSAL_POLICY_CHANGE = "vault:disposal:policy-change"
    DISPOSAL_PROPOSE = "vault:disposal:propose"
    DISPOSAL_EXCLUDE = "vault:disposal:exclude"
    DISPOSAL_INCLUDE = "vault:disposal:include"
    DISPOSAL_CONFIRM = "vault:disposal:confirm"
    DISPOSAL_APPROVE = "vault:disposal:approve"
    DISPOSAL_CANCEL = "vault:disposal:cancel"
    DISPOSAL_VOID = "vault:disposal:void"
    DISPOSAL_SPARE = "vault:disposal:spare"
    DISPOSAL_COMPLETE = "vault:disposal:complete"
    DISPOSAL_EXTINCT = "vault:disposal:extinct"
    DISPOSAL_LIST = "vault:disposal:list"


class Outcome(StrEnum):
    """How it ended."""

    ALLOWED = "allowed"
    DENIED = "denied"
