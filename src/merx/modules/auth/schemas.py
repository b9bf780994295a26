"""Bodies of the routes of passwords, second factors and verifications."""

from typing import Annotated, Any

from pydantic import Field

from merx.core.kinds import Count, Input, Metadata, Name, Text, at_least, at_most
from merx.modules.auth.recovery_codes import MOST_CODES
from merx.modules.auth.verifications import TOKEN


class ResetRequest(Input):
    """A forgotten password, by the name of the log-in (an e-mail)."""

    identifier: Text
    metadata: Metadata = Field(default_factory=dict[str, Any])


class BeginFactor(Input):
    """A second factor to set up: `label` and `issuer` are shown by the authenticator app."""

    provider: Name
    label: Text | None = None
    issuer: Text = ""
    metadata: Metadata | None = None


class EnableFactor(Input):
    """A code of the factor, which proves that it is set up."""

    code: Name


class DisableFactor(Input):
    """A code of the factor, if the shop requires one."""

    method: Name | None = None
    code: Name | None = None


class AnswerChallenge(Input):
    """A code for one of the challenge's methods."""

    method: Name
    code: Name


class RenewRecoveryCodes(Input):
    """The number of codes; by default the shop's setting."""

    count: Annotated[Count, at_least(1), at_most(MOST_CODES)] = 0


class RequestVerification(Input):
    """An address to verify, such as an e-mail: `entity_type` is its kind."""

    entity_id: Name
    entity_type: Name
    code_provider: Name = TOKEN
    metadata: Metadata = Field(default_factory=dict[str, Any])


class ConfirmVerification(Input):
    """The code that was sent to the address."""

    code: Name
    code_provider: Name = TOKEN
