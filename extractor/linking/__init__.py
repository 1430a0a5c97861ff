"""From typed spans to one Record: trials, their population, arms, outcomes and results."""
