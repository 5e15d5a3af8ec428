"""Colours of series and labels: told apart in colour-blind sight, and readable on both backgrounds."""

#: Background of the pages, by theme.
BACKGROUND = {"light": "#ffffff", "dark": "#14171c"}
#: Colours of series, by theme. Each has a contrast of 3 or more with its background, and any two are told
#: apart by people who lack the cones for red or green.
SERIES = {
    "light": (
        "#3656d5",
        "#e3780c",
        "#4ea293",
        "#c02902",
        "#55158c",
        "#738ef0",
        "#6b1f2e",
        "#376a76",
    ),
    "dark": (
        "#6fa0fe",
        "#f2961a",
        "#07c7a9",
        "#d2450c",
        "#8651d8",
        "#b3eff3",
        "#fbe837",
        "#538184",
    ),
}
#: Grey of what has no label, by theme.
UNLABELLED = {"light": "#8a929c", "dark": "#79828e"}
#: Shapes of points: after the last colour the colours begin again with the next shape.
SHAPES = ("circle", "square", "diamond", "cross", "triangle-up")
#: As many labels as have a look of their own.
MAX_LABELS = len(SERIES["light"]) * len(SHAPES)
