"""A state that stands for a store which can be lost, as far as its faults go."""

from payment_service.state.interface import StoreLostError
from payment_service.state.memory import Memory
from payment_service.state.values import SetFault


class LosableMemory(Memory):
    """A state whose store is out of reach while it is `gone`."""

    gone = False

    def faults(self) -> tuple[SetFault, ...]:
        self._be_there()
        return super().faults()

    def set_fault(self, name: str, document: str, seconds: float | None) -> SetFault | None:
        self._be_there()
        return super().set_fault(name, document, seconds)

    def drop_fault(self, name: str) -> bool:
        self._be_there()
        return super().drop_fault(name)

    def _be_there(self) -> None:
        if self.gone:
            raise StoreLostError("the store is lost")
