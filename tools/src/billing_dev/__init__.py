"""Programs by which people build, try, check and measure this project; none of it is shipped."""
