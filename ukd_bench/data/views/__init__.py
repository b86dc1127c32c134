"""Views that replay: their parameters, their renderings, and the steps that make clips of them."""
