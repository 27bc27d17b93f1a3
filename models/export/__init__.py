"""Writing a bundle: index, calibration, fusion, golden requests."""
