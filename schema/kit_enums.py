"""How far the printing of kits is, as the lower layers define it."""

import strawberry

from custody.kits.printout import PrintState as KitPrintState

strawberry.enum(
    KitPrintState,
    name="KitPrintState",
    description="How far a printing is: waiting, under way, all there, given up, files destroyed.",
)

__all__ = ["KitPrintState"]
