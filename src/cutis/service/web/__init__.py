"""The web app's side of the service: its files, its cookie, and the words it is written with."""
