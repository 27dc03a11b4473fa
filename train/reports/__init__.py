"""Tables, curves and spectra of finished networks."""
