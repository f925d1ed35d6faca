"""The words of the demo. No people, no known characters, no known music: what the product itself would refuse."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shot:
    """A brief and what becomes of its takes. `fate` is one of config.demo.fates."""

    client: str
    project: str
    title: str
    subject: str
    fate: str
    texts: dict[str, str] = field(default_factory=dict)
    model: str = "sora-2"
    size: str = "1280x720"
    seconds: int = 4
    takes: int = 1
    character: str = ""  # who is in it; the brief is written once the provider knows it


NORTHLIGHT = (
    Shot(
        "Acme",
        "Spring launch",
        "Lighthouse at first light",
        "A small white lighthouse on a green headland, its lamp still turning as the sun comes up.",
        "signed",
        {
            "setting": "Rocky coast in early spring, thin sea mist, gulls far away.",
            "camera": "Slow push-in from the water, 35 mm, level horizon.",
            "lighting": "Warm low sun from the left, long soft shadows.",
            "audio": "Waves, a distant bell, no music.",
            "brand_constraints": "Acme teal on the lighthouse door; no lettering.",
            "safety_tags": "suitable for all ages, no people",
        },
        seconds=8,
    ),
    Shot(
        "Acme",
        "Spring launch",
        "Kettle and window",
        "A brushed steel kettle on a wooden table starts to steam beside a rainy window.",
        "with_client",
        {"camera": "Locked off, shallow depth of field.", "lighting": "Grey daylight, one warm lamp behind."},
        size="720x1280",
    ),
    Shot(
        "Acme",
        "Spring launch",
        "Paper boats on the canal",
        "Seven folded paper boats drift down a narrow canal past tulip beds.",
        "discussed",
        {
            "motion": "Gentle, continuous, left to right.",
            "reviewer_notes": "Watch the reflections for flicker.",
        },
        takes=2,
    ),
    Shot(
        "Harbour Tea",
        "Winter blend",
        "Snow on the tea garden",
        "First snow settles on terraced tea bushes under a violet evening sky.",
        "kept",
        {"lighting": "Blue hour with a single lantern."},
    ),
    Shot(
        "Harbour Tea",
        "Winter blend",
        "Steam over the arcade",
        "Warm steam drifts under the glass roof of an empty arcade on a rainy morning.",
        "deleted",
    ),
    Shot(
        "Harbour Tea",
        "Winter blend",
        "Ribbon of fog",
        "A ribbon of fog winds down between two hills of tea at dawn.",
        "broken",
    ),
    Shot(
        "Harbour Tea",
        "Winter blend",
        "Fox-shaped teapot",
        "A clay teapot in the shape of a sleeping fox, steam curling from its nose.",
        "fresh",
        {"camera": "Macro, slow orbit of a quarter turn."},
        model="sora-2-pro",
    ),
    Shot(
        "Harbour Tea",
        "Winter blend",
        "Tins in a row",
        "Twelve enamel tea tins slide into a row on a dark shelf, one after the other.",
        "blocked",
    ),
    Shot(
        "Acme",
        "Spring launch",
        "Pip and the sunflowers",
        "Pip waters a row of sunflowers in front of a white fence.",
        "fresh",
        {"camera": "Locked off at knee height.", "lighting": "Late afternoon, soft shadows."},
        character="Pip",
    ),
    Shot(
        "Acme",
        "Spring launch",
        "Market stall awning",
        "A striped awning unrolls over a stall of oranges in a quiet square.",
        "withdrawn",
    ),
    Shot(
        "Acme",
        "Summer teaser",
        "Sail and horizon",
        "A single orange sail crosses a wide calm bay.",
        "draft",
        {"camera": "Aerial, very slow drift."},
    ),
)

RIVALRY = (
    Shot(
        "Umbra",
        "Night drive",
        "Tunnel of lamps",
        "An empty road runs through an endless tunnel of amber lamps.",
        "fresh",
    ),
)
