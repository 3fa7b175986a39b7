"""The embedded stack: real components without Docker, one supervised process each.

Meant for development, the demo and the tests; production runs the images of docker-compose.yml.
"""
