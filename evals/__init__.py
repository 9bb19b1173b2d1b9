"""Scripts that train and measure graders; never imported by the package."""
