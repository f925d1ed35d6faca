"""What a volume, or a job with several candidates, would cost. Pure arithmetic in integer micro-dollars.

A failure rate of f % means that of 100 takes f have to be made again, which fail as often: n clips need
n × 100 ÷ (100 − f) takes, rounded up. Each take is counted at its price, for most providers charge failed ones.
"""

from dataclasses import dataclass


def takes_needed(clips: int, *, failing_percent: int) -> int:
    """How many takes give so many clips. `failing_percent`: 0 to 90."""
    return -(-clips * 100 // (100 - failing_percent))


@dataclass(frozen=True)
class Volume:
    """So many clips a day, for so many days; `rate`: micro-dollars a second."""

    clips_a_day: int
    seconds: int
    days: int
    variants: int
    failing_percent: int
    rate: int

    @property
    def clips(self) -> int:
        """Clips of all days, each with its variants."""
        return self.clips_a_day * self.days * self.variants

    @property
    def succeeding_percent(self) -> int:
        """Of 100 takes, those that give a clip."""
        return 100 - self.failing_percent

    @property
    def takes(self) -> int:
        """With those that are made again."""
        return takes_needed(self.clips, failing_percent=self.failing_percent)

    @property
    def each_microusd(self) -> int:
        """One take."""
        return self.seconds * self.rate

    @property
    def list_microusd(self) -> int:
        """As if nothing failed and one variant of each clip were made."""
        return self.clips_a_day * self.days * self.each_microusd

    @property
    def total_microusd(self) -> int:
        """With variants and failures."""
        return self.takes * self.each_microusd


@dataclass(frozen=True)
class Job:
    """Candidates as drafts, the chosen ones as finals, and an allowance for what comes up."""

    candidates: int
    finals: int
    seconds: int
    allowance_percent: int
    draft_rate: int
    final_rate: int

    @property
    def drafts_microusd(self) -> int:
        return self.candidates * self.seconds * self.draft_rate

    @property
    def finals_microusd(self) -> int:
        return self.finals * self.seconds * self.final_rate

    @property
    def allowance_microusd(self) -> int:
        """Of both, rounded up."""
        return -(-(self.drafts_microusd + self.finals_microusd) * self.allowance_percent // 100)

    @property
    def total_microusd(self) -> int:
        return self.drafts_microusd + self.finals_microusd + self.allowance_microusd
