"""JSON shapes. They check what comes in and show what goes out; none of them writes to the database."""
