"""The endpoints, one file a subject: each reads its request, asks one thing of the service, and answers."""
