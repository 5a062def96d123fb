"""The rehearsal: the real workflows, played on one machine."""
