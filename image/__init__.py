"""The image of one commit, before anybody else sees it: booted as Fargate will, on the runner's own engine; and what makes it small."""
