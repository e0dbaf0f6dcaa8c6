-- For the replica. Both begin empty, or with the same backup.
CHANGE MASTER TO MASTER_HOST = '10.0.0.21', MASTER_PORT = 3306, MASTER_USER = 'replica', MASTER_PASSWORD = 'SECRET',
  MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1;
START SLAVE;
