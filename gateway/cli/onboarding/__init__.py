"""`sealgate onboarding`: what a project answered before it began, against what is set up here."""
