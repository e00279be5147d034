"""Made by dagc: project aviation."""
