"""Colours of series and labels: told apart in colour-blind sight, and readable on both backgrounds."""

#: Background of the pages, by theme.
BACKGROUND = {"light": "#ffffff", "dark": "#14171c"}
#: Colours of series, by theme. Each has a contrast of 3 or more with its background, and any two are told
#: apart by people who lack the cones for red or green.
SERIES = {
    "light": (
        "#0f0ae9",
        "#cd8309",
        "#680602",
        "#797cfd",
        "#28657f",
        "#4b0a80",
        "#bd260f",
        "#0ba49f",
    ),
    "dark": (
        "#fd650c",
        "#7d2cfc",
        "#ae3f44",
        "#88e3fd",
        "#9e8ffe",
        "#e1e01d",
        "#596da1",
        "#15b095",
    ),
}
