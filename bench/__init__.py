"""Generated data whose truth is known, and a comparison of servers on it. No part of what is installed."""
