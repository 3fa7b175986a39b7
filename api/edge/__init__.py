"""What stands between the network and the routes: headers, origins, hosts, time and size limits."""
