"""What every frontend needs to know about HTTP, whatever it speaks."""
