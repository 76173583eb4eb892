"""x"""
from dataclasses import dataclass
@dataclass(frozen=True, kw_only=True)
class GeneratedData:
    accounts: int
    assets: int
    seed: int
def generate_data(wanted: GeneratedData) -> None:
    raise NotImplementedError
