"""`sealgate support-bundle`: what helps those who help, and nothing that is anybody's business."""
