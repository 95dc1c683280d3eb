"""What config.yaml says of the key room: the `hsm:` section as frozen types."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hsm.interfaces import Mechanism

Purpose = Literal["seal", "checkpoint"]
"""A seal key signs digests against grants; the checkpoint key signs the audit log's tree heads."""


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(
            f"{path} is relative: the signer's working directory is nobody's business, "
            "write the path in full"
        )
    return path


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PinSource(_Section):
    """Where the PIN comes from; exactly one of the three. The PIN itself is never configuration."""

    file: AbsolutePath | None = Field(
        default=None,
        description="A file with the PIN and nothing else; only its owner may read it (mode 0400).",
    )
    credential: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.-]*[A-Za-z0-9_-]$",
        description="A systemd credential (LoadCredentialEncrypted=), read from "
        "$CREDENTIALS_DIRECTORY.",
    )
    ask: bool = Field(
        default=False,
        description="Ask the operator at every start; nothing is stored. A signer that is a "
        "service of its own is told by `sealgate hsm unseal`.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.file is not None) + (self.credential is not None) + self.ask != 1:
            raise ValueError("say exactly one of file, credential and ask: true")
        return self


class KeyConfig(_Section):
    """One key on the token."""

    id: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,63}$",
        description="The key's name in this configuration; seals refer to it.",
    )
    label: str = Field(min_length=1, description="CKA_LABEL of the key pair on the token.")
    mechanism: Mechanism = Field(
        description="Key type, padding and digest. A key is used with one mechanism only."
    )
    purpose: Purpose = Field(
        default="seal",
        description="`seal` signs documents; `checkpoint` signs the audit log and is `ed25519`.",
    )
    retired: bool = Field(
        default=False,
        description="Kept on the token, and used no more: no signer loads it.",
    )

    @model_validator(mode="after")
    def _mechanism_fits_the_purpose(self) -> Self:
        if (self.mechanism == "ed25519") != (self.purpose == "checkpoint"):
            raise ValueError(
                f"key {self.id!r}: ed25519 and purpose: checkpoint go together, a seal key signs "
                "digests and ed25519 signs messages"
            )
        return self


class SignerServiceConfig(_Section):
    """The signer as a service of its own, under a user of its own."""

    socket: AbsolutePath = Field(
        description="Where it listens and the gateway connects. The kernel says who connects."
    )
    gateway_user: str = Field(
        default="sealgate", min_length=1, description="The gateway's user; nobody else is served."
    )
    unseal_socket: AbsolutePath | None = Field(
        default=None,
        description="With `pin: {ask: true}`: where `sealgate hsm unseal` hands the PIN over.",
    )
    operators: str = Field(
        default="sealgate-operators",
        min_length=1,
        description="The group whose members, besides root, may unseal.",
    )


class RestartConfig(_Section):
    """How soon the gateway starts a signer again that died or was killed."""

    first_seconds: float = Field(
        default=1.0, gt=0, description="Wait before the first restart; doubles with each failure."
    )
    longest_seconds: float = Field(
        default=30.0, gt=0, description="The wait between restarts never grows beyond this."
    )


class ReplicaConfig(_Section):
    """A further token with the same keys under the same labels, which takes over."""

    module: AbsolutePath = Field(description="Its PKCS#11 module (.so); may be the same.")
    token_label: str | None = Field(
        default=None, min_length=1, description="CKA_LABEL of the token; or say `slot`."
    )
    slot: int | None = Field(
        default=None, ge=0, description="Slot id, where labels are not unique; or say token_label."
    )
    pin: PinSource = Field(description="Where its user PIN comes from.")
    environment: dict[str, AbsolutePath] = Field(
        default_factory=dict, description="Paths that its module reads from its environment."
    )

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if (self.token_label is None) == (self.slot is None):
            raise ValueError("say exactly one of token_label and slot")
        return self


class HSMConfig(_Section):
    """The `hsm:` section: a PKCS#11 module, a token, the keys on it, and its replicas."""

    module: AbsolutePath = Field(description="The vendor's PKCS#11 module (.so), in full.")
    token_label: str | None = Field(
        default=None, min_length=1, description="CKA_LABEL of the token; or say `slot`."
    )
    slot: int | None = Field(
        default=None, ge=0, description="Slot id, where labels are not unique; or say token_label."
    )
    pin: PinSource = Field(description="Where the user PIN comes from.")
    keys: tuple[KeyConfig, ...] = Field(min_length=1, description="Every key that may be used.")
    sessions: int = Field(
        default=4,
        ge=1,
        le=1024,
        description="Sessions that sign, hence signatures at once. The token needs room for one "
        "more, which only holds the login. Latency-bound HSMs want many: signatures per second "
        "are sessions divided by latency.",
    )
    serialize: bool = Field(
        default=False,
        description="Never be in the module with two threads at once: for modules that fail the "
        "self-test. Only one of the sessions is then used.",
    )
    self_test_seconds: float = Field(
        default=0.3,
        ge=0,
        description="At start, sign from up to four threads for this long with each type of seal "
        "key; any error refuses to serve. 0 leaves one signature per key.",
    )
    environment: dict[str, AbsolutePath] = Field(
        default_factory=dict,
        description="Paths that the module reads from its environment, such as SOFTHSM2_CONF. "
        "Never a PIN: the environment of a process can be read by others.",
    )
    deadline_seconds: float = Field(
        default=5.0,
        gt=0,
        description="A signature that takes longer means a hanging module: the gateway kills the "
        "signer and starts another.",
    )
    reload_seconds: float = Field(
        default=30.0,
        ge=0,
        description="The module is finalised and initialised again at most this often.",
    )
    restart: RestartConfig = Field(
        default=RestartConfig(), description="How soon a signer that died is started again."
    )
    replicas: tuple[ReplicaConfig, ...] | None = Field(
        default=None,
        max_length=7,
        description="Further tokens with the same keys, in the order in which they are to take "
        "over when this one is away. Each proves first that it has them.",
    )
    failover_seconds: float = Field(
        default=1.5,
        gt=0,
        le=4,
        description="While a replica stands by, a signature that takes longer than this means a "
        "hanging token, and the replica takes over. The last token gets deadline_seconds.",
    )
    failback_seconds: float = Field(
        default=60.0,
        ge=0,
        description="A token that came back signs again before those after it once it has stood "
        "this long.",
    )
    signer: SignerServiceConfig | None = Field(
        default=None,
        description="Where the signer is a service of its own (`sealgate hsm serve`), under a user "
        "of its own. Without this section `sealgate serve` starts it.",
    )

    @model_validator(mode="after")
    def _one_token_and_distinct_keys(self) -> Self:
        if (self.token_label is None) == (self.slot is None):
            raise ValueError("say exactly one of token_label and slot")
        if len({key.id for key in self.keys}) < len(self.keys):
            raise ValueError("two keys have the same id")
        if len({key.label for key in self.keys}) < len(self.keys):
            raise ValueError(
                "two keys have the same label: a key is used with one mechanism only "
                "(RFC 8017 §6 for RSA), so each needs a key pair of its own"
            )
        if sum(key.purpose == "checkpoint" for key in self.keys) > 1:
            raise ValueError("two checkpoint keys: the audit log has one")
        asks = any(token.pin.ask for token in self.tokens)
        if self.signer is not None and asks != (self.signer.unseal_socket is not None):
            raise ValueError(
                "pin: {ask: true} and signer.unseal_socket go together: a service has no terminal "
                "to ask at"
            )
        addressed = {
            (each.module, each.token_label, each.slot, *sorted(each.environment.items()))
            for each in self.tokens
        }
        if len(addressed) < len(self.tokens):
            raise ValueError("two of the tokens are the same one: a replica is another token")
        return self

    @property
    def tokens(self) -> tuple["HSMConfig", ...]:
        """One section a token, this one and then the replicas, each as if it were the only one."""
        if self.replicas is None:
            return (self,)
        alone = self.model_copy(update={"replicas": None, "signer": None})
        return (
            alone,
            *(
                alone.model_copy(
                    update={name: getattr(each, name) for name in ReplicaConfig.model_fields}
                )
                for each in self.replicas
            ),
        )

    @property
    def in_use(self) -> "HSMConfig":
        """The section without retired keys: what a signer is given."""
        return self.model_copy(
            update={"keys": tuple(each for each in self.keys if not each.retired)}
        )

    @property
    def token_name(self) -> str:
        """What this one is called: its label or slot."""
        return self.token_label or f"slot {self.slot}"

    @property
    def names(self) -> tuple[str, ...]:
        """What the tokens are called: label or slot, with its place where several have one name."""
        names = [each.token_name for each in self.tokens]
        return tuple(
            name if names.count(name) == 1 else f"{name} ({place})"
            for place, name in enumerate(names, start=1)
        )
