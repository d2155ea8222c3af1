"""Every command, under its name."""

import typer

from api.cli import (
    appointment,
    audit,
    backup,
    campaign,
    certificates,
    clients,
    collection,
    contract,
    deficiency,
    departure,
    disposal,
    document,
    handlers,
    hold,
    identity_document,
    inquiry,
    keys,
    kit,
    ledger,
    link,
    notice,
    restore,
    tenants,
)
from api.cli.demo import demo
from api.cli.doctor import doctor
from api.cli.export import export
from api.cli.installation import init, serve
from api.cli.session import session
from api.cli.usage import MaskingGroup
from api.cli.worker import worker

app = typer.Typer(
    name="warifu",
    cls=MaskingGroup,
    help="割符 Warifu: a vault for Individual Numbers. / 個人番号の保管庫",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(init)
app.command()(serve)
app.command()(worker)
app.command()(demo)
app.command()(doctor)
app.command()(session)
app.command()(export)
app.add_typer(tenants.app, name="tenant")
app.add_typer(clients.app, name="client")
app.add_typer(handlers.app, name="handler")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(certificates.app, name="certificate")
app.add_typer(backup.app, name="backup")
app.add_typer(restore.app, name="restore")
app.add_typer(ledger.app, name="ledger")
app.add_typer(document.app, name="document")
app.add_typer(departure.app, name="departure")
app.add_typer(hold.app, name="hold")
app.add_typer(link.app, name="link")
app.add_typer(disposal.app, name="disposal")
app.add_typer(contract.app, name="contract")
app.add_typer(campaign.app, name="campaign")
app.add_typer(collection.app, name="collection")
app.add_typer(notice.app, name="notice")
app.add_typer(deficiency.app, name="deficiency")
app.add_typer(identity_document.app, name="identity-document")
app.add_typer(kit.app, name="kit")
app.add_typer(inquiry.app, name="inquiry")
app.add_typer(appointment.app, name="appointment")
