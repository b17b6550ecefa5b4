"""Pictures of rules: what is drawn, where it stands, and how it is written down as SVG."""
