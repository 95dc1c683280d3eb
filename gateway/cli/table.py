"""Every command by its name: where its function is, and the first line of its help."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from gateway.cli.envelope.table import ENVELOPE

Lines = Mapping[str, tuple[str, str]]
"""Of each command its function, below `gateway.cli`, and the first line of that one's help."""


class Group(NamedTuple):
    """Commands with a word in common, and the line that says what they are for.

    `groups` are groups within it.
    """

    line: str
    commands: Lines
    groups: "Mapping[str, Group]" = MappingProxyType({})


ALONE: Lines = {
    "init": (
        "trial.init:init",
        "Make a trial installation: SoftHSM token, demo certificates, seals, policies.",
    ),
    "serve": ("serve:serve", "Run the gateway until TERM or Ctrl-C stops it."),
    "seal": ("seal.seal:seal", "Have files sealed by a running gateway."),
    "verify": ("files.verify:verify", "Judge every signature on the files, without a network."),
    "inspect": (
        "files.inspect:inspect",
        "Show what the gateway would find in files, by the default intake rules.",
    ),
    "freeze": (
        "officers.freezes:freeze",
        "Stop sealing at once: for a seal, company, system, counterparty, or everything.",
    ),
    "unfreeze": (
        "officers.freezes:unfreeze",
        "Sign that a freeze may end; it ends when enough officers have signed.",
    ),
    "freezes": (
        "officers.freezes:freezes",
        "Show what is frozen, by whom and why, and who has signed that it may end.",
    ),
    "usage": (
        "usage:usage",
        "Show how many seals and documents were released, by company, seal, day and more.",
    ),
    "export": (
        "export:export",
        "Write documents, decisions, records, what left and usage into one SQLite file.",
    ),
    "doctor": (
        "doctor.doctor:doctor",
        "Check everything that sealing depends on; say what is wrong and who can fix it.",
    ),
    "support-bundle": (
        "support.bundle:support_bundle",
        "Make one file for those who help: what is wrong, without names, numbers or secrets.",
    ),
    "trace": (
        "trace.trace:trace",
        "Tell one document's path, from who asked for it to the record that proves it.",
    ),
}

GROUPS: Mapping[str, Group] = {
    "policy": Group(
        "Check, test, explain, compare, sign and publish policies. No HSM is needed.",
        {
            "check": (
                "policy.look:check",
                "Find mistakes in policies and the files they name, and run the policies' tests.",
            ),
            "test": (
                "policy.look:run_tests",
                "Run the tests that the policies carry, and show which rule decided each.",
            ),
            "explain": (
                "policy.explain:explain",
                "Show how a request would be decided, by which rule, and what came nearest.",
            ),
            "diff": (
                "policy.changes:diff",
                "Show who gains or loses what between two versions of the policies.",
            ),
            "simulate": (
                "policy.changes:simulate",
                "Decide recorded requests again by other policies, and list what changes.",
            ),
            "template": (
                "policy.template:template",
                "Learn a template from a few good documents, and print it as YAML.",
            ),
            "schema": (
                "policy.schema:schema",
                "Print the JSON Schema of policy files, for editors that check YAML.",
            ),
            "publish": (
                "policy.publish:publish",
                "Check, test, build, sign and activate policies in one step: for trials and CI.",
            ),
            "build": (
                "policy.bundle:build_bundle",
                "Make a bundle file from a directory of policies, for officers to sign.",
            ),
            "sign": (
                "policy.bundle:sign_bundle",
                "Sign a bundle file as an officer, after compiling its sources once more.",
            ),
            "show": (
                "policy.bundle:show_bundle",
                "Show what a bundle file is, and who has signed it.",
            ),
            "activate": (
                "policy.bundle:activate_bundle",
                "Hand a signed bundle to the gateway, which takes it within `refresh_seconds`.",
            ),
            "rollback": (
                "policy.bundle:roll_back",
                "Make the next bundle from an earlier one's content, for officers to sign.",
            ),
            "root": (
                "policy.bundle:write_root",
                "Write the first officers' keys to the file that `policies.root` names.",
            ),
            "key": (
                "policy.keys:tell_key",
                "Print a key's public half as a line for `keys:` of a Person.",
            ),
        },
    ),
    "batch": Group(
        "Have many documents sealed, follow them, and fetch what came of each.",
        {
            "submit": (
                "batch.submit:submit",
                "Hand in a folder, a ZIP, or files with a manifest, and follow the batch.",
            ),
            "status": (
                "batch.commands:status",
                "Show how far a batch is, or list the system's newest ones.",
            ),
            "watch": (
                "batch.commands:watch",
                "Follow a batch with a progress bar until it has ended.",
            ),
            "results": (
                "batch.showing:results",
                "Show what came of each document of a batch, and fetch what is sealed.",
            ),
            "pause": (
                "batch.commands:pause",
                "Begin no further document of a batch; those under way are finished.",
            ),
            "resume": ("batch.commands:resume", "Go on with a batch that was paused."),
            "cancel": (
                "batch.commands:cancel",
                "Seal no further document of a batch; what is sealed stays sealed.",
            ),
            "retry": (
                "batch.commands:retry",
                "Try the failed documents of a batch once more, after what failed is mended.",
            ),
        },
    ),
    "envelope": Group(
        "Sign contracts with other companies and people: send, receive, follow, prove.",
        ENVELOPE,
    ),
    "approvals": Group(
        "See what waits for people, approve or reject it, and prove it later.",
        {
            "list": ("officers.approvals:list_", "List the newest approvals that concern you."),
            "show": (
                "officers.approvals:show",
                "Show what is to be approved: the request, the document's facts, the rule.",
            ),
            "approve": (
                "officers.approvals:approve",
                "Approve a request: sign for this very document, seal and request.",
            ),
            "reject": (
                "officers.approvals:reject",
                "Reject a request; nobody can approve it any more.",
            ),
            "export": (
                "officers.proof:export",
                "Write an approval to a file, with everything that proves it.",
            ),
            "verify": (
                "officers.proof:verify",
                "Judge whether an approval was valid: by whom, how many, when, and for what.",
            ),
        },
    ),
    "bridge": Group(
        "The way to the cloud account network: its keys, how it stands, what left.",
        {
            "keys": (
                "bridge.keys:keys",
                "Make the keys of our companies on the network that are not there yet.",
            ),
            "status": (
                "bridge.status:status",
                "Show how each company stands with the network: away, owed, troubles, comparison.",
            ),
            "egress": (
                "bridge.egress:egress",
                "List what left the house: when, which type, of which envelope, bytes, digest.",
            ),
        },
    ),
    "webhooks": Group(
        "Tell systems of what was sealed: keys, a try, what is owed.",
        {
            "list": (
                "webhooks.commands:list_",
                "List the webhooks, what each is told of, and what it is owed.",
            ),
            "test": (
                "webhooks.commands:try_",
                "Send a webhook an event of type `webhook.test`, signed as all are.",
            ),
            "replay": (
                "webhooks.commands:replay",
                "Have a system's events brought once more, under the same ids.",
            ),
            "key": (
                "webhooks.commands:key",
                "Make a key that webhooks are signed with, in a file that only you may read.",
            ),
        },
    ),
    "archive": Group(
        "See what is kept and how long, and hold documents whatever their age.",
        {
            "list": (
                "archive.documents:list_",
                "List the newest sealed documents: whose, where, and how long they are kept.",
            ),
            "holds": (
                "archive.holds:list_holds",
                "Show legal holds: whose documents, why, and who asked for it.",
            ),
            "hold": (
                "archive.holds:begin",
                "Hold documents: their content is not erased, whatever its age.",
            ),
            "release": (
                "archive.holds:end",
                "End a hold: content whose time is over goes with the next daily sweep.",
            ),
        },
    ),
    "audit": Group(
        "Prove that the audit log is whole, and read it.",
        {
            "verify": (
                "audit:verify",
                "Recompute every record and tree head, and say whether the log is whole.",
            ),
            "show": ("audit:show", "Show records of the log, the newest by default."),
        },
    ),
    "backup": Group(
        "Back up a running gateway, verify backups, and put one back.",
        {
            "create": (
                "backup.commands:create",
                "Back up database, log, documents, policies and configuration as of one moment.",
            ),
            "verify": (
                "backup.commands:verify",
                "Read a backup from its beginning to its end, and say whether it is whole.",
            ),
            "restore": (
                "backup.commands:restore",
                "Put a backup that verifies back onto an installation that has nothing yet.",
            ),
            "list": ("backup.commands:list_", "List the backups in a directory, the newest first."),
        },
    ),
    "jobs": Group(
        "See what waits, what failed and why.",
        {
            "list": (
                "jobs:list_jobs",
                "Show how many jobs there are in each state, and the oldest of them.",
            ),
            "show": (
                "jobs:show_job",
                "Show all of one job: whose it is, how often it was tried, and why it failed last.",
            ),
        },
    ),
    "db": Group(
        "Bring the database up to date, and see what state it is in.",
        {
            "migrate": (
                "db:migrate",
                "Make the tables, or bring those of an older version up to date.",
            ),
            "check": (
                "db:check",
                "Say of which engine and revision the database is, how large, and whether whole.",
            ),
        },
    ),
    "connectors": Group(
        "Look at the places that documents come from and results go to.",
        {
            "check": (
                "connectors.commands:check",
                "Find mistakes in connectors' YAML, and connectors that the officers do not know.",
            ),
            "list": (
                "connectors.commands:list_",
                "List the connectors, the system that each speaks for, and where its results go.",
            ),
            "test": (
                "connectors.trying:try_connector",
                "Try a connector: reach its place, and show what would be asked for what is there.",
            ),
        },
    ),
    "network": Group(
        "Run an account network, on which companies' gateways and persons meet.",
        {
            "init": (
                "network.init:init",
                "Make a network: its keys, its certificates, an empty database, network.yaml.",
            ),
            "serve": ("network.serve:serve", "Run the network until TERM or Ctrl-C stops it."),
            "identity": (
                "network.identity:identity",
                "Print the network's name and public key, which its organisations pin.",
            ),
        },
        {
            "organisation": Group(
                "Companies on the network.",
                {
                    "add": (
                        "network.organisations:add",
                        "Add an organisation, or know it anew: verification, key, certificate.",
                    ),
                    "list": (
                        "network.organisations:list_",
                        "List the organisations, how each was verified, and until when.",
                    ),
                },
            ),
            "person": Group(
                "Persons on the network.",
                {
                    "add": (
                        "network.persons:add",
                        "Add a person, or know it better: name, contact, verification.",
                    ),
                    "list": (
                        "network.persons:list_",
                        "List the persons, how each was verified, and until when.",
                    ),
                },
            ),
        },
    ),
    "onboarding": Group(
        "See what stands between a project's answers and its start.",
        {
            "check": (
                "onboarding.check:check",
                "Compare a project's answers with what is set up, and print the gaps.",
            ),
        },
    ),
    "hsm": Group(
        "Look at the keys on the token, try them, and have them certified.",
        {
            "list": (
                "hsm.commands:list_keys",
                "List the configured keys and what the token says of them.",
            ),
            "test": (
                "hsm.commands:try_keys",
                "Sign with every key for a moment, verify every signature, and tell the speed.",
            ),
            "serve": (
                "hsm.service:serve",
                "Run the signer as a service of its own until TERM or Ctrl-C stops it.",
            ),
            "unseal": (
                "hsm.service:unseal",
                "Hand the PIN to a signer's service after its start; nothing is stored.",
            ),
            "ceremony": (
                "hsm.ceremony:ceremony",
                "Make keys by a reviewed file, before witnesses, and write the protocol.",
            ),
            "csr": (
                "hsm.csr:csr",
                "Have a key sign a certificate request (PKCS#10) for its own certificate.",
            ),
            "retire": (
                "hsm.retire:retire",
                "Record that a key is used no more; refused while a seal has it.",
            ),
            "reconcile": (
                "hsm.reconcile:reconcile",
                "Hold what the HSM says of its keys' uses against the audit log.",
            ),
            "rotate": (
                "hsm.rotate:rotate",
                "Give a seal another key and its certificate, while documents come in.",
            ),
            "import-certificate": (
                "hsm.import_certificate:import_certificate",
                "Check a certificate from the CA in every way, and give it to its seal.",
            ),
        },
    ),
}
