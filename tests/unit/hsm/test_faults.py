"""Which answer of a token means what."""

import pkcs11
import pytest

from hsm.token.faults import FAULT_OF, Fault, fault_of, name_of


@pytest.mark.parametrize(
    "error",
    [
        pkcs11.GeneralError(),
        pkcs11.DeviceError(),
        pkcs11.DeviceRemoved(),
        pkcs11.TokenNotPresent(),
        pkcs11.TokenNotRecognised(),
        pkcs11.SessionHandleInvalid(),
        pkcs11.SessionClosed(),
        pkcs11.PKCS11Error("Initialisation error (not initialized). Should never see this."),
        pkcs11.PKCS11Error("Unmapped error code 0x80000012"),
    ],
    ids=repr,
)
def test_a_module_that_lost_its_state_is_reloaded(error: pkcs11.PKCS11Error) -> None:
    assert fault_of(error) is Fault.RELOAD


@pytest.mark.parametrize(
    "error", [pkcs11.OperationActive(), pkcs11.ObjectHandleInvalid(), pkcs11.KeyHandleInvalid()]
)
def test_a_spoilt_session_is_replaced(error: pkcs11.PKCS11Error) -> None:
    assert fault_of(error) is Fault.RETRY


@pytest.mark.parametrize(
    "error",
    [
        pkcs11.MechanismInvalid(),
        pkcs11.MechanismParamInvalid(),
        pkcs11.KeyTypeInconsistent(),
        pkcs11.ArgumentsBad(),
        pkcs11.DataLenRange(),
        pkcs11.FunctionNotSupported(),
    ],
)
def test_a_wrong_question_is_not_asked_again(error: pkcs11.PKCS11Error) -> None:
    assert fault_of(error) is Fault.PERMANENT


def test_every_error_about_a_pin_stops_at_once() -> None:
    about_pins = {error for error in vars(pkcs11).values() if "Pin" in str(error)}
    classes = {error for error in about_pins if isinstance(error, type)}
    assert len(classes) == 7
    assert {FAULT_OF[error] for error in classes} == {Fault.PIN}


def test_an_error_without_a_text_is_called_by_its_name() -> None:
    assert name_of(pkcs11.DeviceError()) == "DeviceError"
    assert name_of(pkcs11.PKCS11Error("code 0x80")) == "PKCS11Error: code 0x80"
