"""How tokens misbehave, as measured on SoftHSM 2.6, and what the key store makes of it.

Each story runs in a process of its own. `pool` in them is the store's own; spoiling its sessions
behind its back, through the module's C functions, is how these errors are had without a broken HSM.
"""

from tests.hsm_fixtures import SoftToken, story


def test_an_operation_that_was_left_open_costs_one_session(soft_token: SoftToken) -> None:
    story(
        soft_token,
        """
        key = session().private_key("rsa-key")
        mechanism = (ctypes.c_ulong * 3)(pkcs11.Mechanism.RSA_PKCS, 0, 0)
        spoilt = session()
        assert module.C_SignInit(ctypes.c_ulong(spoilt.raw.handle), mechanism,
                                 ctypes.c_ulong(key.handle)) == 0
        assert outcome() == "signed"
        assert counts() == (1, 0, 0)
        assert spoilt not in pool._idle
        """,
    )


def test_a_session_that_was_closed_behind_our_back_is_cured_by_a_reload(
    soft_token: SoftToken,
) -> None:
    story(
        soft_token,
        """
        assert module.C_CloseSession(ctypes.c_ulong(session().raw.handle)) == 0
        assert outcome() == "signed"
        assert counts() == (1, 1, 0)
        """,
    )


def test_a_logout_behind_our_back_is_cured_by_a_reload(soft_token: SoftToken) -> None:
    # Closing the session that was opened with the PIN logs the whole process out: python-pkcs11
    # calls C_Logout first, and every other session's keys are gone with the login.
    story(
        soft_token,
        """
        assert outcome() == "signed"
        pool._login.close()
        assert outcome() == "signed"
        assert counts() == (2, 1, 0)
        """,
    )


def test_a_module_that_was_finalised_behind_our_back_is_initialised_again(
    soft_token: SoftToken,
) -> None:
    story(
        soft_token,
        """
        assert module.C_Finalize(None) == 0
        assert outcome() == "signed"
        assert counts() == (1, 1, 0)
        """,
    )


def test_a_token_that_was_removed_and_returned_signs_again(soft_token: SoftToken) -> None:
    story(
        soft_token,
        """
        token, away = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
        token.rename(away)
        pool._login.token.open().close()           # opening a session proves nothing
        assert outcome() == "TokenAbsentError"     # signing does
        assert counts() == (2, 0, 1)
        now += 29.9
        assert outcome() == "TokenAbsentError"
        assert counts() == (2, 0, 1)               # too early to ask the module again
        assert "sealgate-test" in pool.statistics().down
        away.rename(token)
        now += 0.2
        assert outcome() == "signed"
        assert counts() == (2, 1, 1)
        assert pool.statistics().down is None
        """,
        soft_token.files,
        soft_token.directory / "away",
    )


def test_a_module_that_cannot_initialise_comes_back_later(soft_token: SoftToken) -> None:
    # Without its token directory SoftHSM's C_Initialize fails, and leaves it uninitialised.
    story(
        soft_token,
        """
        tokens, away = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
        tokens.rename(away)
        assert outcome() == "TokenAbsentError"
        now += 30
        assert outcome() == "TokenAbsentError"
        assert counts() == (2, 0, 2)
        away.rename(tokens)
        now += 30
        assert outcome() == "signed"
        """,
        soft_token.directory / "tokens",
        soft_token.directory / "away",
    )


def test_the_module_is_reloaded_at_most_once_in_thirty_seconds(soft_token: SoftToken) -> None:
    story(
        soft_token,
        """
        def close_all():
            assert module.C_CloseAllSessions(ctypes.c_ulong(pool._login.token.slot.slot_id)) == 0

        close_all()
        assert outcome() == "signed"
        now += 29
        close_all()
        assert outcome() == "TokenFailedError"
        assert counts()[1:] == (1, 0)
        now += 1
        assert outcome() == "signed"
        assert counts()[1:] == (2, 0)
        """,
    )


def test_threads_that_fail_together_reload_once(soft_token: SoftToken) -> None:
    story(
        soft_token,
        """
        import hashlib, threading
        from concurrent.futures import ThreadPoolExecutor
        assert module.C_CloseAllSessions(ctypes.c_ulong(pool._login.token.slot.slot_id)) == 0
        together = threading.Barrier(16)
        def sign(n):
            together.wait()
            return store.sign("p256", hashlib.sha256(b"%d" % n).digest())
        with ThreadPoolExecutor(16) as crowd:
            assert len(set(crowd.map(sign, range(16)))) == 16
        assert counts()[1:] == (1, 0)
        """,
    )


def test_being_logged_in_already_is_success(soft_token: SoftToken) -> None:
    story(
        soft_token,
        """
        from hsm.token.login import log_in
        with log_in(pool._login.token, pin):
            assert outcome() == "signed"
        assert outcome() == "signed"     # and closing it logged nobody out
        assert counts() == (0, 0, 0)
        """,
    )


def test_a_fork_may_not_sign_and_does_not_disturb_the_parent(soft_token: SoftToken) -> None:
    story(
        soft_token,
        """
        child = os.fork()
        if child == 0:
            store.close()
            os._exit(0 if outcome() == "TokenFailedError" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert outcome() == "signed"
        assert counts() == (0, 0, 0)
        """,
    )


def test_a_closed_store_describes_and_does_not_sign(soft_token: SoftToken) -> None:
    story(
        soft_token,
        """
        store.close()
        assert len(store.describe()) == 5
        assert outcome() == "TokenFailedError"
        again = PKCS11KeyStore.open(config, pin=pin)
        health_check(again)
        """,
    )


def test_a_module_is_used_by_one_key_store_at_a_time(soft_token: SoftToken) -> None:
    story(
        soft_token,
        """
        try:
            PKCS11KeyStore.open(config, pin=pin)
        except errors.KeyStoreError as error:
            assert "already" in str(error)
        else:
            raise AssertionError
        assert outcome() == "signed"
        """,
    )


def test_a_serialised_store_lends_one_session(soft_token: SoftToken) -> None:
    soft_token.run(
        """
        import hashlib
        from concurrent.futures import ThreadPoolExecutor
        from hsm.open import open_key_store
        store = open_key_store(config, ask_pin=input)
        with ThreadPoolExecutor(8) as crowd:
            digests = [hashlib.sha256(b"%d" % n).digest() for n in range(64)]
            list(crowd.map(lambda digest: store.sign("rsa", digest), digests))
        assert store.statistics().idle == 1
        """,
        soft_token.reconfigured(serialize=True, self_test_seconds=0.05),
    )
