"""Updates in which only the discriminators learn, so that new ones do not mislead a codec that has learned already."""

from typing import Any

from lfsc.discriminators.ensemble import Ensemble


class DiscriminatorWarmup:
    """So many updates of the discriminators before update 0, counted apart from the run's own."""

    def __init__(self, *, updates: int):
        if updates < 0:
            raise ValueError(f"discriminators.warmup_updates={updates}: expected 0 or more")
        self.updates = updates
        self.done = 0
        self.families: list[str] | None = None  # those that learn in it, where others came with the weights
        self.under_way = False  # whether the last update was one of them

    @property
    def remains(self) -> bool:
        return self.done < self.updates

    def hold_others(self, discriminators: Ensemble) -> None:
        """Drop the gradients of families that do not learn in it, while it lasts."""
        if self.remains and self.families is not None:
            for name, family in discriminators.families.items():
                if name not in self.families:
                    family.zero_grad()

    def count_update(self) -> bool:
        """Count the update under way if it is one of them, and say so."""
        self.under_way = self.remains
        self.done += self.under_way
        return self.under_way

    def is_due(self, every: int) -> bool:
        """Whether the last update was the last of `every` of them, or of them all."""
        return self.under_way and (self.done % every == 0 or self.done == self.updates)

    def state_dict(self) -> dict[str, Any]:
        return {"updates": self.updates, "done": self.done, "families": self.families}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.updates, self.done, self.families = state["updates"], state["done"], state.get("families")
