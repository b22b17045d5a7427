"""Games: a scenario that people play, each in a seat, with or without somebody who leads them."""
