"""Bodies of passwords, second factors and verifications."""

from typing import Annotated, Any

from pydantic import Field

from merx.core.kinds import Count, Input, Metadata, Name, Text, at_least, at_most
from merx.modules.auth.recovery_codes import MOST_CODES
from merx.modules.auth.verifications import TOKEN


class ResetRequest(Input):
    """Who forgot a password, by the name of the log-in (an e-mail)."""

    identifier: Text
    metadata: Metadata = Field(default_factory=dict[str, Any])


class BeginFactor(Input):
    """A second factor to be set up: `label` and `issuer` are what the app shows it by."""

    provider: Name
    label: Text | None = None
    issuer: Text = ""
    metadata: Metadata | None = None


class EnableFactor(Input):
    """A code of the factor, which shows that it is set up."""

    code: Name


class DisableFactor(Input):
    """A code for it, where the shop asks for one."""

    method: Name | None = None
    code: Name | None = None


class AnswerChallenge(Input):
    """A code of one of the challenge's methods."""

    method: Name
    code: Name


class RenewRecoveryCodes(Input):
    """How many codes to make; the shop's own number without one."""

    count: Annotated[Count, at_least(1), at_most(MOST_CODES)] = 0


class RequestVerification(Input):
    """An address to be verified, such as an e-mail: `entity_type` names its kind."""

    entity_id: Name
    entity_type: Name
    code_provider: Name = TOKEN
    metadata: Metadata = Field(default_factory=dict[str, Any])


class ConfirmVerification(Input):
    """The code that came to the address."""

    code: Name
    code_provider: Name = TOKEN
