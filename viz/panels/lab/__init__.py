"""The Signal lab tab."""
