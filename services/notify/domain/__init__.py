"""notify's decisions: values and the present time in, decisions out."""
