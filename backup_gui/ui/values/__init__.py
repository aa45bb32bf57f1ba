"""Values that pages show, and requests that they emit."""
