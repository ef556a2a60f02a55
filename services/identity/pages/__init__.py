"""What people see of their sign-in and their account in a browser, and administrators of everybody's."""
