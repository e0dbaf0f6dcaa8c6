-- For both servers, before they know of each other. Not in the binary log: it would be replicated, and wait for a replica.
SET SESSION sql_log_bin = 0;

CREATE DATABASE pollux CHARACTER SET utf8mb4;
CREATE USER pollux@'10.0.0.10' IDENTIFIED BY 'SECRET';
GRANT ALL ON pollux.* TO pollux@'10.0.0.10';

CREATE USER replica@'%' IDENTIFIED BY 'SECRET';
GRANT REPLICATION SLAVE ON *.* TO replica@'%';

-- HAProxy's check logs in, and may do nothing.
CREATE USER haproxy@'10.0.0.10';
