"""What an evaluation writes: summary.json, clips.csv, and a page with tables, plots and examples to listen to."""
